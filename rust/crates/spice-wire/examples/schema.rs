//! Prints all tables as JSON: the input of `tools/generate.py`.

fn main() {
    print!("{}", spice_wire::json::tables());
}
