//! Serves the lab's files on the loopback address, and nothing else of the machine.
//!
//! A request a connection, a thread for each: browsers open connections that they may
//! never use, and none of them may keep another waiting.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::lab::symbols::Symbols;

/// What a page from here may load; recover needs no `unsafe-eval`. A self test may post to
/// another port.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
                      img-src 'self' data:; connect-src 'self' http://127.0.0.1:*";

/// The longest head of a request.
const LONGEST: u64 = 16 << 10;

/// The longest report.
const LONGEST_REPORT: usize = 4 << 10;

/// Who is silent for this long is not served.
const PATIENCE: Duration = Duration::from_secs(30);

/// A lab that is served.
pub(crate) struct Lab {
    listener: TcpListener,
    address: SocketAddr,
    site: Site,
}

/// Where the files are.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The page and its scripts.
    pub(crate) page: PathBuf,
    /// The packages `ours` and `plain`.
    pub(crate) packages: PathBuf,
    /// How they were built, in words.
    pub(crate) about: String,
    /// What makes lines of a report.
    pub(crate) symbols: Option<Symbols>,
}

impl Lab {
    /// Takes the port; any that is free for 0.
    pub(crate) fn bind(site: Site, port: u16) -> Result<Self, Error> {
        let taken = |reason: std::io::Error| {
            let other = port.checked_add(1).unwrap_or(8080);
            Error::Usage(format!(
                "port {port} can't be taken ({reason}); choose another: cargo xtask lab \
                 --port {other}, or --port 0 for any that is free"
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        Ok(Self {
            listener,
            address,
            site,
        })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers for ever.
    pub(crate) fn run(&self) {
        for stream in self.listener.incoming().flatten() {
            let site = self.site.clone();
            // Whoever asked may be gone.
            std::thread::spawn(move || site.answer(&stream));
        }
    }

    /// Answers until this program ends, and says where.
    pub(crate) fn in_background(self) -> String {
        let address = self.address();
        std::thread::spawn(move || self.run());
        address
    }
}

impl Site {
    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut reader = BufReader::new(stream.take(LONGEST));
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        // Closing before all of it is read would reset the connection.
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut sent = vec![0; LONGEST_REPORT.min(length)];
        reader.read_exact(&mut sent)?;
        let (status, kind, body) = match first.starts_with("POST /symbolicate ") {
            true => self.symbolicate(&sent),
            false => self.respond(first.trim_end()),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Content-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        stream.write_all(&body)
    }

    /// The same for a report.
    fn symbolicate(&self, report: &[u8]) -> (&'static str, &'static str, Vec<u8>) {
        let lines = self.symbols.as_ref().and_then(|it| it.of(report));
        match lines {
            Some(lines) => ("200 OK", "application/json", lines),
            None => (
                "404 Not Found",
                "text/plain; charset=utf-8",
                b"no lines".to_vec(),
            ),
        }
    }

    /// Status, type and body for the first line of a request.
    fn respond(&self, line: &str) -> (&'static str, &'static str, Vec<u8>) {
        const TEXT: &str = "text/plain; charset=utf-8";
        let mut words = line.split(' ');
        if words.next() != Some("GET") {
            return ("405 Method Not Allowed", TEXT, b"only GET".to_vec());
        }
        let target = words.next().unwrap_or_default();
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if path == "/build.json" {
            let about = serde_json::json!({ "about": self.about });
            return ("200 OK", "application/json", about.to_string().into_bytes());
        }
        let found = self
            .file(path)
            .and_then(|file| Some((kind(&file)?, fs::read(&file).ok()?)));
        match found {
            Some((kind, bytes)) => ("200 OK", kind, bytes),
            None => ("404 Not Found", TEXT, b"not here".to_vec()),
        }
    }

    /// The file at a path of the site; none outside of it.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if !path.starts_with('/') || !path.chars().all(plain) || path.contains("..") {
            return None;
        }
        let path = if path == "/" { "/index.html" } else { path };
        let path = &path[1..];
        let file = match path.strip_prefix("pkg/") {
            Some(below) => self.packages.join(below),
            None if path.contains('/') => return None,
            None => self.page.join(path),
        };
        file.is_file().then_some(file)
    }
}

/// The MIME type; what the page does not load has none.
fn kind(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()? {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" | "mjs" => Some("text/javascript; charset=utf-8"),
        // Without it the browser compiles nothing while it loads.
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Site {
            page: root.join("examples").join("browser-lab"),
            packages: root.join("recover-runtime"),
            about: "as \"built\"".to_owned(),
            symbols: None,
        }
    }

    fn ask(lab: &str, line: &str) -> String {
        let place = lab.replace("http://", "").replace('/', "");
        let mut stream = TcpStream::connect(place).unwrap();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_have_their_types_and_nothing_outside_is_served() {
        let lab = Lab::bind(site(), 0).unwrap().in_background();
        let page = ask(&lab, "GET /?selftest=x");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(page.contains("text/html") && page.contains("wasm-unsafe-eval"));
        assert!(ask(&lab, "GET /lab.mjs").contains("text/javascript"));
        assert!(ask(&lab, "GET /pkg/js/host.js").starts_with("HTTP/1.1 200"));
        assert!(ask(&lab, "GET /build.json").contains(r#"{"about":"as \"built\""}"#));
        for outside in [
            "/../gauntlet/run.mjs",
            "/pkg/../README.md",
            "/pkg/Cargo.toml",
            "/core/Cargo.toml",
            "/%2e%2e/x",
            "//etc/passwd",
            "/pkg//etc/passwd",
        ] {
            assert!(
                ask(&lab, &format!("GET {outside}")).starts_with("HTTP/1.1 404"),
                "{outside}"
            );
        }
        assert!(ask(&lab, "POST /").starts_with("HTTP/1.1 405"));
        assert!(ask(&lab, "POST /symbolicate").starts_with("HTTP/1.1 404"));
    }

    #[test]
    fn a_silent_connection_blocks_no_other() {
        let lab = Lab::bind(site(), 0).unwrap().in_background();
        let place = lab.replace("http://", "").replace('/', "");
        let silent: Vec<_> = (0..50)
            .map(|_| TcpStream::connect(&*place).unwrap())
            .collect();
        assert!(ask(&lab, "GET /").starts_with("HTTP/1.1 200"));
        drop(silent);
    }

    #[test]
    fn wasm_has_its_type() {
        assert_eq!(kind(Path::new("a_bg.wasm")), Some("application/wasm"));
        assert_eq!(kind(Path::new("Cargo.toml")), None);
    }

    #[test]
    fn a_taken_port_is_one_line_with_the_fix() {
        let first = Lab::bind(site(), 0).unwrap();
        let port = first.address.port();
        let error = Lab::bind(site(), port).err().unwrap();
        assert_eq!(error.code(), 2);
        let said = error.to_string();
        assert!(
            said.contains(&format!("port {port} can't be taken")),
            "{said}"
        );
        assert!(said.contains("cargo xtask lab --port"), "{said}");
        assert_eq!(said.lines().count(), 1);
    }
}
