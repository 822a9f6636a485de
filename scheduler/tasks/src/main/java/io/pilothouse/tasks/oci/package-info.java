/**
 * Containers of OCI images: finds an image among the archives that the machine has, unpacks it once
 * for all who use it, and describes each container in the words of the OCI runtime specification,
 * for crun(1) or runc(8) to run. Nothing of it pulls from a registry. Start at {@link
 * io.pilothouse.tasks.oci.Bundles}.
 */
@NullMarked
package io.pilothouse.tasks.oci;

import org.jspecify.annotations.NullMarked;
