/**
 * The audit trail as a chain of hashes: how a record follows from the one before. Both ends need
 * it, the Device Manager that writes the trail and whoever verifies an export of it. Start at
 * {@link io.pilothouse.manifests.audit.AuditChain}.
 */
@NullMarked
package io.pilothouse.manifests.audit;

import org.jspecify.annotations.NullMarked;
