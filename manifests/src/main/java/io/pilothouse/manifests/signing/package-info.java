/**
 * Signatures of versions, Ed25519 (RFC 8032): what is signed and how it is checked. Start at {@link
 * io.pilothouse.manifests.signing.Signed}. Checking is a pure function, so that every replica of
 * the Device Manager comes to the same answer.
 */
@NullMarked
package io.pilothouse.manifests.signing;

import org.jspecify.annotations.NullMarked;
