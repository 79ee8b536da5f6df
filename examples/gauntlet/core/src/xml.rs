//! quick-xml 0.40.0 (RUSTSEC-2026-0195): a feed, fetched from anywhere.
//!
//! The reader notes each namespace that a tag declares, however many there are,
//! before its caller sees the tag.

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::DecodeError;

/// Names the elements in order, as `{namespace}name`, comma separated.
pub fn quick_xml_elements(document: &[u8]) -> Result<String, DecodeError> {
    let refused = |error: quick_xml::Error| DecodeError::Xml(error.to_string());
    let mut reader = NsReader::from_reader(document);
    let mut names = Vec::new();
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(refused)?;
        let tag = match event {
            Event::Start(tag) | Event::Empty(tag) => tag,
            Event::Eof => return Ok(names.join(", ")),
            _ => continue,
        };
        let local = tag.local_name();
        let local = String::from_utf8_lossy(local.as_ref());
        names.push(match namespace {
            ResolveResult::Unbound => local.into_owned(),
            ResolveResult::Bound(name) => {
                format!("{{{}}}{local}", String::from_utf8_lossy(name.as_ref()))
            }
            ResolveResult::Unknown(prefix) => {
                let prefix = String::from_utf8_lossy(&prefix);
                return Err(DecodeError::Xml(format!("no namespace is named {prefix}")));
            }
        });
    }
}
