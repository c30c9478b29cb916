// SPDX-License-Identifier: Apache-2.0
// One visit, in Firefox's chrome context (firefox.py sends it there): the profile trusts the visit's roots
// and nothing else that was added, the name leads where the visit wants, and the words are those that a
// page would show. arguments: the visit, and a function that is given the answer.
"use strict";
const [visit, answer] = arguments;
const TIMEOUT = 20000;

const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
for (const certificate of db.getCerts()) {
  if (!certificate.isBuiltInRoot) db.deleteCertificate(certificate); // intermediates seen before, too
}
for (const root of visit.roots) {
  try {
    db.addCertFromBase64(root, "C,,");
  } catch (e) {
    // what NSS cannot read is not in the database
  }
}

const names = Cc["@mozilla.org/network/native-dns-override;1"].getService(Ci.nsINativeDNSResolverOverride);
names.clearOverrides();
Services.dns.clearCache(true);
if (visit.name !== visit.host) names.addIPOverride(visit.name, visit.host);

function words(channel) {
  const code = channel.securityInfo?.errorCodeString || `0x${channel.status.toString(16)}`;
  const errors = Cc["@mozilla.org/nss_errors_service;1"].getService(Ci.nsINSSErrorsService);
  try {
    return `${code}: ${errors.getErrorMessage(channel.status)}`;
  } catch (e) {
    return code; // not every code has words
  }
}

const request = new XMLHttpRequest({ mozAnon: true, mozSystem: true });
request.mozBackgroundRequest = true; // no dialogues
request.open("GET", visit.url);
request.timeout = TIMEOUT;
const channel = request.channel;
request.onload = () => answer({ accepts: true, message: "" });
request.onerror = () => answer({ accepts: false, message: words(channel) });
request.ontimeout = () => answer({ accepts: false, message: "timeout" });
request.send();
