//! How the values of options are read that are no plain number or path. What an option is for stands in
//! `options.rs`.

/// Refuses dots: wasm-bindgen adds an extension by replacing what follows a dot.
pub(crate) fn out_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['.', '/', '\\']) {
        return Err("give a plain file name without dots or slashes".to_owned());
    }
    Ok(text.to_owned())
}

/// Refuses sizes that the linker would refuse or round.
pub(crate) fn bytes(text: &str, unit: u64) -> Result<u64, String> {
    let digits = text.trim_end_matches(|last: char| !last.is_ascii_digit());
    let scale = match text[digits.len()..].trim_start() {
        "" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let number = digits.parse::<u64>().ok();
    let bytes = number
        .zip(scale)
        .ok_or("give a number of bytes, or of KiB, MiB or GiB, such as 4MiB")?;
    match bytes.0.checked_mul(bytes.1) {
        Some(bytes) if bytes > 0 && bytes.is_multiple_of(unit) && bytes <= 1 << 32 => Ok(bytes),
        _ => Err(format!("give a multiple of {unit}, at most {}", 1u64 << 32)),
    }
}

/// The least size holds a frame of any function in a release build. The most leaves memory for
/// the program's data, which lies beside the stack.
pub(crate) fn stack_size(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 4 << 10;
    const MOST: u64 = 1 << 30;
    let bytes = bytes(text, 16)?;
    if !(LEAST..=MOST).contains(&bytes) {
        return Err("give a size from 4KiB to 1GiB".to_owned());
    }
    Ok(bytes)
}
