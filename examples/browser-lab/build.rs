//! Gives the modules of the lab a ceiling, as a host with many tenants does: what asks for
//! more memory fails at once, instead of taking gigabytes of whoever looks at the page.

/// 64 MiB, in octets.
const MAX_MEMORY: u32 = 64 << 20;

fn main() {
    println!("cargo::rerun-if-changed=../build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-cdylib-link-arg=--max-memory={MAX_MEMORY}");
    }
}
