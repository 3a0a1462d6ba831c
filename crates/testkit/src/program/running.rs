//! A process of ours that says on its output when it is ready. It does not outlive its handle.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How much of the output a failure quotes.
const QUOTED_LINES: usize = 30;

#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Running {
    pub fn spawn(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("could not start {command:?}"))?;
        let (sender, lines) = channel();
        let heard = Arc::default();
        if let Some(stdout) = child.stdout.take() {
            listen(stdout, sender.clone(), Arc::clone(&heard));
        }
        if let Some(stderr) = child.stderr.take() {
            listen(stderr, sender, Arc::clone(&heard));
        }
        Ok(Self { child, lines, heard })
    }

    /// Wait for the next line that has this text.
    pub fn hear(&mut self, marker: &str, limit: Duration) -> Result<String> {
        let end = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(marker) => return Ok(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    bail!("no `{marker}` within {limit:?}; the output ends with:\n{}", self.heard())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    bail!("ended with {status} and without `{marker}`; its output:\n{}", self.heard())
                }
            }
        }
    }

    /// The end of what it has said on both outputs.
    pub fn heard(&self) -> String {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = heard.len().saturating_sub(QUOTED_LINES);
        heard.iter().skip(skipped).cloned().collect::<Vec<_>>().join("\n")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill9(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and wait for the end.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        // The shell's own `kill` is there even where the package of that name is not.
        let pid = self.pid().to_string();
        let status = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status()?;
        anyhow::ensure!(status.success(), "could not signal process {pid}");
        Ok(self.child.wait()?)
    }

    /// Wait until it ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// What it has used of all processors so far: fields 14 and 15 of `proc_pid_stat(5)`, in hundredths of a second.
    pub fn processor_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // The name of the program, in parentheses, may have spaces.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The most memory that it has had at once, in KiB, or nothing once it has ended.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port of loopback that nobody uses now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("loopback has no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Read to the end, so that the process never waits for us.
fn listen(output: impl Read + Send + 'static, sender: Sender<String>, heard: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
            // Nobody may be listening any more.
            let _ = sender.send(line);
        }
    });
}
