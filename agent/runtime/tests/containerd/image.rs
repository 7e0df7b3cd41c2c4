//! Images made in the test, from the host's static busybox.

use crate::registry::Registry;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const APPLETS: &[&str] = &[
    "[", "cat", "date", "dd", "echo", "env", "false", "grep", "head", "hostname", "id", "kill", "ls",
    "printf", "ps", "seq", "sh", "sleep", "stty", "test", "touch", "tr", "true", "tty", "wc", "yes",
];

pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// One entry of a tar archive: `0` a file, `2` a symbolic link, `5` a directory.
fn entry(tar: &mut Vec<u8>, kind: u8, name: &str, link: &str, mode: u32, data: &[u8]) {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, &format!("{mode:07o}"));
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", data.len()));
    put(136, "00000000000");
    put(148, "        ");
    put(157, link);
    put(257, "ustar\u{0}00");
    header[156] = kind;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    tar.extend_from_slice(&header);
    tar.extend_from_slice(data);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn layers(busybox: &[u8]) -> [Vec<u8>; 2] {
    let mut programs = Vec::new();
    for directory in ["bin/", "etc/", "tmp/", "proc/", "sys/", "dev/"] {
        entry(&mut programs, b'5', directory, "", 0o1777, &[]);
    }
    entry(&mut programs, b'0', "bin/busybox", "", 0o755, busybox);
    for applet in APPLETS {
        entry(&mut programs, b'2', &format!("bin/{applet}"), "busybox", 0o777, &[]);
    }
    let mut files = Vec::new();
    entry(&mut files, b'5', "etc/", "", 0o755, &[]);
    entry(&mut files, b'0', "etc/passwd", "", 0o644, b"root:x:0:0::/:/bin/sh\nweb:x:101:102::/tmp:/bin/sh\n");
    entry(&mut files, b'0', "etc/group", "", 0o644, b"root:x:0:\nweb:x:102:\nlogs:x:7:web\n");
    let noise: Vec<u8> =
        (0..3 << 20_u32).map(|n: u32| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    entry(&mut files, b'0', "noise", "", 0o644, &noise);
    for tar in [&mut programs, &mut files] {
        tar.resize(tar.len() + 1024, 0);
    }
    [programs, files]
}

/// How an image differs from a plain one.
#[derive(Default)]
pub(crate) struct Odd {
    pub(crate) architecture: Option<&'static str>,
    pub(crate) user: Option<&'static str>,
    pub(crate) spoilt: bool,
}

/// Puts an image under `library/<name>:<tag>`, through an index; the index's digest.
pub(crate) fn put(registry: &Registry, name: &str, tag: &str, odd: &Odd) -> String {
    let busybox = std::fs::read("/bin/busybox").unwrap();
    let [programs, files] = layers(&busybox);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&programs).unwrap();
    let packed = gzip.finish().unwrap();
    let architecture =
        odd.architecture.unwrap_or(if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    let config = json!({
        "architecture": architecture, "os": "linux",
        "config": {"Cmd": ["/bin/sh", "-c", "echo hello"], "Env": ["FROM=image"], "User": odd.user.unwrap_or("")},
        "rootfs": {"type": "layers", "diff_ids": [digest(&programs), digest(&files)]},
    });
    let config = config.to_string().into_bytes();
    let blob = |media_type: &str, bytes: &[u8]| -> Value {
        let digest = digest(bytes);
        let mut served = bytes.to_vec();
        if odd.spoilt && bytes.len() > 1 << 20 {
            served[4096] ^= 1;
        }
        registry.put(format!("/v2/library/{name}/blobs/{digest}"), "application/octet-stream", served);
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    };
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": blob("application/vnd.oci.image.config.v1+json", &config),
        "layers": [
            blob("application/vnd.oci.image.layer.v1.tar+gzip", &packed),
            blob("application/vnd.oci.image.layer.v1.tar", &files),
        ],
    });
    let manifest = manifest.to_string().into_bytes();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [{
        "mediaType": MANIFEST, "digest": digest(&manifest), "size": manifest.len(),
        "platform": {"os": "linux", "architecture": architecture},
    }]});
    let index = index.to_string().into_bytes();
    let path = |reference: &str| format!("/v2/library/{name}/manifests/{reference}");
    let of_index = digest(&index);
    registry.put(path(&digest(&manifest)), MANIFEST, manifest);
    registry.put(path(&of_index), INDEX, index.clone());
    registry.put(path(tag), INDEX, index);
    of_index
}
