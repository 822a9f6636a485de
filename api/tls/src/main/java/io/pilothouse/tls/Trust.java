package io.pilothouse.tls;

import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.util.List;
import java.util.Set;

/**
 * By what the other side of a connection is judged.
 *
 * @param self who judges; the other side must be of its cluster
 */
record Trust(PeerName self, Set<TrustAnchor> anchors, List<X509CRL> revocations) {}
