//! The least that a program in Rust can do: the baseline for `lts --version`.

fn main() {
    println!("Hello, world!");
}
