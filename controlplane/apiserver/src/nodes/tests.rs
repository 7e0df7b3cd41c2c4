//! Calls between users and agents.

use super::*;
use shared_api::core::Pod;
use shared_client::{Channel, Frame, LogOptions};

fn board() -> Switchboard {
    Switchboard::new(|| Timestamp::UNIX_EPOCH)
}

fn logs() -> Session {
    Session::Logs(LogOptions::default())
}

fn key() -> Key {
    Key::of::<Pod>("n", "web-1")
}

#[tokio::test]
async fn a_call_joins_a_user_and_an_agent() {
    let board = board();
    let (_, mut calls) = board.attend("n1");
    let pod = key();
    let user = board.call("n1", &pod, logs());
    let agent = async {
        let call = calls.recv().await.unwrap();
        assert_eq!((call.pod, call.session), (key(), logs()));
        assert!(board.serve("n2", call.number).is_err(), "another node may not serve");
        let end = board.serve("n1", call.number).unwrap();
        assert!(board.serve("n1", call.number).is_err(), "a call is served once");
        end
    };
    let (user, agent) = tokio::join!(user, agent);
    agent.send.send(Frame::data(Channel::Stdout, "hello")).await.unwrap();
    assert_eq!(user.unwrap().receive.recv().await, Some(Frame::data(Channel::Stdout, "hello")));
}

#[tokio::test]
async fn who_does_not_answer_is_named() {
    let soon = Duration::from_millis(5);
    let board = Switchboard { patience: soon, back: soon, ..board() };
    let missing = board.call("n1", &key(), logs()).await.unwrap_err();
    assert_eq!(missing.message, "node n1 is not connected (not seen since the control plane started)");
    let (number, calls) = board.attend("n1");
    let late = board.call("n1", &key(), logs()).await.unwrap_err();
    assert_eq!(late.message, "node n1 did not answer the call within 5ms");
    assert!(lock(&board.waiting).is_empty(), "nothing is kept of it");
    drop(calls);
    board.left("n1", number);
    let left = board.call("n1", &key(), logs()).await.unwrap_err();
    assert_eq!(left.message, "node n1 is not connected (last seen 0s ago)");
}

#[tokio::test]
async fn a_line_that_comes_back_is_waited_for() {
    let board = board();
    let pod = key();
    let (user, _calls) = tokio::join!(biased; board.call("n1", &pod, logs()), async {
        let (_, mut calls) = board.attend("n1");
        let call = calls.recv().await.unwrap();
        board.serve("n1", call.number).unwrap();
        calls
    });
    assert!(user.is_ok());
}

#[tokio::test]
async fn a_newer_line_replaces_the_older() {
    let board = board();
    let (first, mut old) = board.attend("n1");
    let (_, mut new) = board.attend("n1");
    assert!(old.recv().await.is_none(), "the older line ends");
    board.left("n1", first);
    let pod = key();
    let (user, call) = tokio::join!(board.call("n1", &pod, logs()), async {
        let call = new.recv().await.unwrap();
        board.serve("n1", call.number).unwrap();
        call
    });
    assert!(user.is_ok() && call.number > 0);
}

#[test]
fn few_of_those_that_left_are_remembered() {
    let board = board();
    for n in 0..REMEMBERED + 5 {
        drop(board.attend(&format!("n{n}")));
    }
    let (_, _calls) = board.attend("last");
    assert_eq!(lock(&board.lines).len(), REMEMBERED + 1);
}
