# The vocabulary of the project; each recipe is a script that also runs by hand.

# list the recipes
default:
    @just --list

# a three-node cluster on this machine, and the terminal
up *flags:
    ./demo/up {{flags}}

# end it, leaving nothing behind
down:
    ./demo/down

# every test, end-to-end ones included
test *flags:
    ./demo/test {{flags}}

# formatting and lints, read-only
lint:
    ./demo/test --only lint

# measure, in one table
bench:
    ./demo/bench

# measure the terminal, in one table
bench-tui *sizes:
    ./demo/bench-tui {{sizes}}

# the terminal on a made-up cluster inside the program
try:
    ./target/release/dhow --demo

# the terminal on the demo's cluster
tui:
    ./target/release/dhow --kubeconfig demo/run/kubeconfig

# write the table of every field of every API type anew
schema:
    ./shared/api/schema/generate
