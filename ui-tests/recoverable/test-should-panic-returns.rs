#[recover_runtime::test]
#[should_panic]
fn fills() -> Result<(), String> {
    Err("full".to_owned())
}

fn main() {}
