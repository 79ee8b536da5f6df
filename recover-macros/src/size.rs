//! Sizes in bytes, as options spell them: "512KiB", "8MiB", "1GiB", or bytes alone.

const UNITS: &[(&str, u64)] = &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// The bytes, or what is wrong and how to fix it.
pub(crate) fn bytes(text: &str) -> Result<u32, &'static str> {
    let (digits, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            "not a size; write a whole number of bytes, or of \"KiB\", \"MiB\" or \"GiB\", as in \"8MiB\"",
        );
    }
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
    bytes
        .and_then(|bytes| u32::try_from(bytes).ok())
        .ok_or("more than a module can have; write less than \"4GiB\"")
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("65536"), Ok(65536));
        assert_eq!(bytes("0"), Ok(0));
        assert_eq!(bytes("512KiB"), Ok(512 << 10));
        assert_eq!(bytes("8MiB"), Ok(8 << 20));
        assert_eq!(bytes("3GiB"), Ok(3 << 30));
        assert_eq!(bytes("4294967295"), Ok(u32::MAX));
    }

    #[test]
    fn a_string_that_is_not_a_size_gives_the_reason() {
        for text in [
            "", "MiB", "8MB", "8 MiB", "8mib", "-1", "+1", "1.5MiB", "0x10", "8KiBKiB",
        ] {
            assert!(
                bytes(text).unwrap_err().starts_with("not a size; "),
                "{text}"
            );
        }
        for text in [
            "4GiB",
            "4294967296",
            "99999999999999999999",
            "18446744073709551615GiB",
        ] {
            assert!(bytes(text).unwrap_err().starts_with("more than "), "{text}");
        }
    }
}
