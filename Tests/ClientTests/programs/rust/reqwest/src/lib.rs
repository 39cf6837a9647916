//! What authy-rs uses of reqwest 0.9, which waits for answers, by the same in Debian's reqwest.

pub use debian::blocking::Client;
pub use debian::{Error, Method, StatusCode, Url};
