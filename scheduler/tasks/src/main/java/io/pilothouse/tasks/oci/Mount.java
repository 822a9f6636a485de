package io.pilothouse.tasks.oci;

/**
 * A file or directory of the machine that a container sees.
 *
 * @param source absolute path on the machine
 * @param destination absolute path in the container
 */
public record Mount(String source, String destination, boolean readOnly) {}
