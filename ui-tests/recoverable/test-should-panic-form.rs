#[recover_runtime::test]
#[should_panic(contains = "full")]
fn fills() {
    panic!("full");
}

fn main() {}
