/**
 * Mutual TLS for every socket between programs: one directory with {@code cert.pem}, {@code
 * key.pem} and {@code ca.pem}, read again when it changes. Start reading at {@link TlsDirectory};
 * {@link PeerName} says whom a certificate speaks for. JDK only: the command line's start-up time
 * counts. Why it is so: {@code docs/decisions/0024-mutual-tls.md}.
 */
@NullMarked
package io.pilothouse.tls;

import org.jspecify.annotations.NullMarked;
