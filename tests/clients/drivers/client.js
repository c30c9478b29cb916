// SPDX-License-Identifier: Apache-2.0
// Visits one server per line of standard input, and says how node:https took it.
"use strict";
const fs = require("fs");
const https = require("https");
const net = require("net");

function leadTo(address) {
  const family = net.isIP(address);
  return (name, options, callback) =>
    options.all ? callback(null, [{ address, family }]) : callback(null, address, family);
}

function make(visit) {
  return new Promise((resolve) => {
    const options = { ca: fs.readFileSync(visit.ca), lookup: leadTo(visit.host), agent: false, timeout: 20000 };
    const request = https.get(visit.url, options, (response) => {
      response.resume();
      response.on("end", () => resolve({ accepts: true, message: "" }));
      response.on("error", refuse);
    });
    const refuse = (e) => resolve({ accepts: false, message: `${e.code}: ${e.message}` });
    request.on("error", refuse);
    request.on("close", () => refuse(new Error("closed without an error")));
    request.on("timeout", () => request.destroy(new Error("timeout")));
  });
}

async function main() {
  for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const answer = await make(JSON.parse(line));
    console.log(JSON.stringify(answer));
    if (!answer.accepts) process.exitCode = 1;
  }
}

main();
