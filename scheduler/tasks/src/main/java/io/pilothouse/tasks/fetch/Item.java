package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.v1.CommandInfo;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One URI of a command, read and found possible.
 *
 * @param shown as people may see it: without user, password and query, which may be secrets
 * @param remote of http or https, without its fragment
 * @param local absolute path on this machine; this or {@code remote} is there
 * @param sha256 what its content must be, in lower-case hex
 * @param name where it is to be, below the directory that the command runs in
 * @param executable whether it may be executed; it is not unpacked then
 * @param unpack whether it is unpacked if its name is that of an archive
 * @param cached whether it is kept for others
 */
record Item(
    String shown,
    Optional<URI> remote,
    Optional<String> local,
    Optional<String> sha256,
    Path name,
    boolean executable,
    boolean unpack,
    boolean cached) {
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)");
  private static final Pattern SECRETS = Pattern.compile("://[^/?#]*@");
  private static final String CHECKSUM = "#sha256=";

  /** The agent's own, which the command's outputs go to. */
  private static final List<String> OUTPUTS = List.of("stdout", "stderr");

  private static final int LONGEST_SHOWN = 300;

  /**
   * Reads one.
   *
   * @throws FetchException when it can never be fetched, in words for the framework
   */
  static Item of(CommandInfo.URI uri) throws FetchException {
    String text = uri.getValue().strip();
    String shown = shown(text);
    if (text.chars().anyMatch(each -> each < ' ' || each == '\\' || each == '\'' || each == 127)) {
      throw refused(shown, "Illegal characters in URI");
    }
    Optional<String> sha256 = sha256(text, shown);
    String plain = text;
    if (sha256.isPresent()) {
      plain = text.substring(0, text.lastIndexOf(CHECKSUM));
    }
    Matcher scheme = SCHEME.matcher(plain);
    Optional<URI> remote = Optional.empty();
    Optional<String> local = Optional.empty();
    if (!scheme.matches()) {
      local = Optional.of(local(plain, shown));
    } else if (scheme.group(1).toLowerCase(Locale.ROOT).equals("file")) {
      String path = scheme.group(2);
      local = Optional.of(local(path.startsWith("localhost/") ? path.substring(9) : path, shown));
    } else {
      remote = Optional.of(remote(plain, shown));
      plain = withoutFragment(plain);
    }
    Path name =
        name(uri.hasOutputFile() ? uri.getOutputFile() : base(plain, scheme.matches()), uri, shown);
    return new Item(
        shown,
        remote,
        local,
        sha256,
        name,
        uri.getExecutable(),
        uri.getExtract() && !uri.getExecutable(),
        uri.getCache());
  }

  private static FetchException refused(String shown, String why) {
    return new FetchException("Could not fetch '%s': %s".formatted(shown, why));
  }

  /** Without what may be secret, and never long. */
  private static String shown(String text) {
    String shown = SECRETS.matcher(text).replaceFirst("://***@");
    int query = SCHEME.matcher(shown).matches() ? shown.indexOf('?') : -1;
    if (query >= 0) {
      shown = shown.substring(0, query) + "?...";
    }
    shown = shown.replaceAll("\\p{Cc}", "?");
    return shown.length() <= LONGEST_SHOWN ? shown : shown.substring(0, LONGEST_SHOWN) + "...";
  }

  private static Optional<String> sha256(String text, String shown) throws FetchException {
    int at = text.lastIndexOf(CHECKSUM);
    if (at < 0) {
      return Optional.empty();
    }
    String hex = text.substring(at + CHECKSUM.length()).toLowerCase(Locale.ROOT);
    if (!Sha256.isHex(hex)) {
      throw refused(
          shown, "its checksum has to be #sha256= and 64 hex digits, as sha256sum(1) prints them");
    }
    return Optional.of(hex);
  }

  private static String local(String path, String shown) throws FetchException {
    if (!path.startsWith("/")) {
      throw refused(
          shown,
          shown.startsWith("file:")
              ? "File URI only supports absolute paths"
              : "it is neither a URI nor an absolute path on the machine");
    }
    return path;
  }

  private static URI remote(String text, String shown) throws FetchException {
    URI uri;
    try {
      uri = new URI(withoutFragment(text));
    } catch (URISyntaxException e) {
      throw refused(shown, "it is no URI: " + e.getReason());
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw refused(
          shown,
          "this agent fetches http, https, file and absolute paths, not %s".formatted(scheme));
    }
    if (uri.getHost() == null || uri.getPort() > 0xffff) {
      throw refused(shown, "it names no host");
    }
    return uri;
  }

  private static String withoutFragment(String text) {
    int at = text.indexOf('#');
    return at < 0 ? text : text.substring(0, at);
  }

  /** The last part, with its query, as Mesos names it. */
  private static String base(String text, boolean hasScheme) {
    String path = hasScheme ? text.substring(text.indexOf("://") + 3) : text;
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    int slash = path.lastIndexOf('/', end);
    return slash < 0 || slash + 1 >= end ? "" : path.substring(slash + 1);
  }

  private static Path name(String text, CommandInfo.URI uri, String shown) throws FetchException {
    if (text.isEmpty()) {
      throw refused(
          shown,
          uri.hasOutputFile()
              ? "URI output file path is empty"
              : "Malformed URI (missing path): set output_file");
    }
    Path name;
    try {
      name = Path.of(text.replace('\0', '/')).normalize();
    } catch (InvalidPathException e) {
      throw refused(shown, "its file cannot be named so: " + e.getReason());
    }
    boolean up = name.isAbsolute() || name.startsWith("..") || name.toString().isEmpty();
    if (up || text.indexOf('\0') >= 0) {
      throw refused(shown, "URI output file must be within the sandbox directory");
    }
    if (isOutput(name)) {
      throw refused(shown, "%s is what the command writes: set output_file".formatted(name));
    }
    return name;
  }

  /** Whether a path is what the agent connects a command's outputs to. */
  static boolean isOutput(Path path) {
    return OUTPUTS.contains(path.getName(0).toString());
  }

  /** What tells its content from others', for this user. */
  String key(String user) {
    return Sha256.hex(
        local
            .map(path -> "file\n" + user + "\n" + path) // who may not read it gets no copy either
            .orElseGet(() -> "remote\n" + remote.orElseThrow())
            .getBytes(StandardCharsets.UTF_8));
  }
}
