#[recover_runtime::test]
#[wasm_bindgen_test::wasm_bindgen_test]
fn adds() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
