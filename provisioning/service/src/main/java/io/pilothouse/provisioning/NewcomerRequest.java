package io.pilothouse.provisioning;

import io.pilothouse.pki.CertificateRequest;
import io.pilothouse.pki.EnrolmentToken;

/** What one without a certificate asks for, in its right form; whether it counts is open. */
record NewcomerRequest(EnrolmentToken token, CertificateRequest request) {
  String machine() {
    return token.machine();
  }
}
