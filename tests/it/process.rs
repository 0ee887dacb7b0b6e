//! Runs `lts` in a child process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

#[cfg(target_os = "linux")]
use crate::memory;

/// A local address that refuses connections.
pub(crate) const UNREACHABLE: &str = "http://127.0.0.1:1";

/// `lts` in a clean environment: without the settings of the user's account and of the machine.
pub(crate) fn lts(arguments: &[&str]) -> Command {
    let mut command = command_in_clean_environment(env!("CARGO_BIN_EXE_lts"));
    command.args(arguments);
    command
}

fn command_in_clean_environment(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        let ours =
            ["HUAWEICLOUD_", "LTS_EMULATOR_", "CLICOLOR"].iter().any(|prefix| name.starts_with(prefix));
        let is_proxy = name.to_ascii_uppercase().ends_with("_PROXY");
        if ours || is_proxy || ["NO_COLOR", "TZ", "TERM"].contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    command.env("HOME", "/nonexistent").env("HUAWEICLOUD_LTS_METADATA_ENDPOINT", UNREACHABLE);
    command
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An emulator that `lts emulator` runs in a child process.
pub(crate) struct Process {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
}

impl Process {
    /// Starts it on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = lts(&["emulator", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        Self::of(command)
    }

    /// Starts it from a shell that runs a command first, such as `ulimit`.
    #[cfg(unix)]
    pub(crate) fn after(shell: &str, arguments: &[&str]) -> Self {
        let mut command = command_in_clean_environment("sh");
        command.args(["-c", &format!("{shell}; exec \"$0\" emulator --listen 127.0.0.1:0 \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_lts")).args(arguments);
        Self::of(command)
    }

    /// Starts it by this command, which must listen on a free port.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("lts emulator listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends bytes on a new connection and reads until it is closed.
    pub(crate) fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes);
        read_to_end(&mut stream)
    }

    /// The response to a GET request, with its head.
    pub(crate) fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        String::from_utf8(self.ask(request.as_bytes())).unwrap()
    }

    pub(crate) fn is_healthy(&self) -> bool {
        let response = self.get("/_emulator/health");
        response.starts_with("HTTP/1.1 200 ") && response.ends_with("{\"status\":\"ok\"}")
    }

    /// Its resident memory, in kilobytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident(&self) -> u64 {
        memory::resident(&self.child.id().to_string())
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn descriptors(&self) -> u64 {
        memory::descriptors(&self.child.id().to_string())
    }

    /// Its highest resident memory since [`reset_peak`](Self::reset_peak), in kilobytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self) -> u64 {
        memory::peak(&self.child.id().to_string())
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn reset_peak(&self) {
        memory::reset_peak(&self.child.id().to_string());
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// What it wrote to standard error before it served requests; it must be something.
    #[cfg(unix)]
    pub(crate) fn start_lines(&mut self) -> String {
        assert!(self.is_healthy());
        let mut buffer = [0; 4096];
        let length = self.child.stderr.as_mut().unwrap().read(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// Kills it and returns what it wrote to standard error.
    pub(crate) fn end(mut self) -> String {
        self.kill();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until the other side closes or resets the connection. A timeout fails the test.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut response = Vec::new();
    if let Err(error) = stream.read_to_end(&mut response) {
        let waited = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
        assert!(
            !waited.contains(&error.kind()),
            "the connection stays open after {}",
            String::from_utf8_lossy(&response)
        );
    }
    response
}
