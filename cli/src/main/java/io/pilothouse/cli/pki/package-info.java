/**
 * Certificates: {@code pilot pki …}, and those that a quick-start fleet makes for itself. Start
 * reading at {@link io.pilothouse.cli.pki.FleetCertificates}.
 */
@NullMarked
package io.pilothouse.cli.pki;

import org.jspecify.annotations.NullMarked;
