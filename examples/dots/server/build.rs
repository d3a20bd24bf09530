//! The page is in the program: when it is built anew, so is the program.

fn main() {
    println!("cargo::rerun-if-changed=../page/dist");
}
