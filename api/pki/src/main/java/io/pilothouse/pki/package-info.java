/**
 * A certificate authority for the quick start and small sites: files in a directory, made by the
 * command line. Programs never load it; see {@code io.pilothouse.tls} for how they use what it
 * makes. Start reading at {@link io.pilothouse.pki.Authority}.
 */
@NullMarked
package io.pilothouse.pki;

import org.jspecify.annotations.NullMarked;
