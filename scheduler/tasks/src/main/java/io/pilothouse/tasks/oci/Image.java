package io.pilothouse.tasks.oci;

import java.nio.file.Path;

/**
 * An image that is unpacked on this machine.
 *
 * @param id SHA-256 of its configuration
 * @param rootfs its files, which nobody may change
 */
record Image(String id, ImageConfig config, Path rootfs) {}
