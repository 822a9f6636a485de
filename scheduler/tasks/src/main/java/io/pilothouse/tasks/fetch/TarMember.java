package io.pilothouse.tasks.fetch;

/**
 * What a tar archive says of one of its members.
 *
 * @param target of a link; empty for others
 * @param mode as of chmod(2)
 * @param uid of its owner
 * @param gid of its group
 * @param seconds since the epoch when it was changed last
 */
public record TarMember(String name, String target, int mode, int uid, int gid, long seconds) {}
