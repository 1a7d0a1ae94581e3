//! What the log computes without a database.

fn main() {
    divan::main();
}
