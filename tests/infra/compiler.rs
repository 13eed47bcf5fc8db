//! The Bicep compiler, as a process that is asked by JSON-RPC: it starts once and answers within a tenth of a second.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::deployment::{DEPLOYMENTS, Deployment, Infra};

/// The release that the committed files are made with: another one makes others.
const VERSION: &str = "0.49.2";

/// Why a test is ignored unless it is asked for.
pub(crate) const VARIABLE: &str = "BICEP";

/// A running compiler.
pub(crate) struct Bicep {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    last_id: u32,
}

impl Bicep {
    /// Starts the one that the variable names.
    #[expect(clippy::disallowed_methods, reason = "where the compiler is, is no matter of the program")]
    pub(crate) fn path() -> PathBuf {
        std::env::var_os(VARIABLE).unwrap_or_else(|| panic!("name the Bicep compiler in `{VARIABLE}`")).into()
    }

    pub(crate) fn start() -> Self {
        let mut command = Command::new(Self::path());
        command.args(["jsonrpc", "--stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut bicep = Self { process, requests, answers, last_id: 0 };
        let version = bicep.call("bicep/version", &json!({}));
        assert_eq!(version["version"], VERSION, "the committed files are made with {VERSION}");
        bicep
    }

    /// Asks for one thing.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same, where it may be refused.
    pub(crate) fn try_call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.last_id += 1;
        let request =
            json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": parameters}).to_string();
        write!(self.requests, "Content-Length: {}\r\n\r\n{request}", request.len()).unwrap();
        self.requests.flush().unwrap();
        loop {
            let mut answer = self.read();
            if answer["id"] != self.last_id {
                continue;
            }
            return match &answer["error"] {
                Value::Null => Ok(answer["result"].take()),
                // Where the engine refuses, its own words are further in.
                error => {
                    let said = error.pointer("/data/message").or(error.get("message"));
                    Err(said.and_then(Value::as_str).map_or_else(|| error.to_string(), str::to_owned))
                }
            };
        }
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the compiler ended");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", given)) => length = given.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.answers.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Compiles a file: its template as text, and what the compiler says, one line each.
    pub(crate) fn compile(&mut self, file: &Path) -> (Option<String>, Vec<String>) {
        let answer = self.call("bicep/compile", &json!({"path": file}));
        let said = answer["diagnostics"].as_array().unwrap();
        (answer["contents"].as_str().map(str::to_owned), said.iter().map(diagnostic).collect())
    }

    /// Evaluates a deployment, as `bicep snapshot` does.
    pub(crate) fn snapshot(&mut self, parameters: &Path) -> Result<String, String> {
        let metadata = json!({
            "subscriptionId": "00000000-0000-0000-0000-000000000003",
            "tenantId": "00000000-0000-0000-0000-000000000004",
            "location": "westeurope",
        });
        let asked = json!({"path": parameters, "metadata": metadata, "externalInputs": null});
        let answer = self.try_call("bicep/getSnapshot", &asked)?;
        Ok(answer["snapshot"].as_str().unwrap().to_owned())
    }

    /// Compiles and evaluates a folder; nothing when it does not compile.
    pub(crate) fn infra(&mut self, folder: PathBuf) -> Result<Infra, Vec<String>> {
        let (template, mut diagnostics) = self.compile(&folder.join("main.bicep"));
        let Some(template) = template else { return Err(diagnostics) };
        let mut deployments = std::collections::BTreeMap::new();
        for name in DEPLOYMENTS {
            match self.snapshot(&folder.join(format!("tests/{name}.bicepparam"))) {
                Ok(snapshot) => {
                    deployments
                        .insert(name, Deployment::from(serde_json::from_str::<Value>(&snapshot).unwrap()));
                }
                Err(refused) => diagnostics.push(refused),
            }
        }
        if deployments.len() < DEPLOYMENTS.len() {
            return Err(diagnostics);
        }
        Ok(Infra { template: serde_json::from_str(&template).unwrap(), diagnostics, deployments, folder })
    }
}

impl Drop for Bicep {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn diagnostic(said: &Value) -> String {
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    let line = said["range"]["start"]["line"].as_u64().unwrap_or_default() + 1;
    format!("{}:{line}: {} {}: {}", text("source"), text("level"), text("code"), text("message"))
}
