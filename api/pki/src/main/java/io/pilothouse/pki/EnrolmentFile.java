package io.pilothouse.pki;

import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.RevokedFile;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a new machine is given on its way into service: its token, where to show it, and the
 * certificates of whom to believe there. Lines {@code KEY: VALUE}, then PEM.
 *
 * @param servers {@code HOST:PORT} of those that issue certificates
 * @param authorities PEM
 * @param revocations what they have taken back, PEM; empty: nothing
 */
public record EnrolmentFile(
    EnrolmentToken token, List<String> servers, String authorities, String revocations) {
  private static final String FORMAT = "pilothouse-enrolment";
  private static final String BEGIN = "-----BEGIN ";
  private static final String REMEDY = "make one: pilot machine enrol NAME --out FILE";

  /** Of the certificates of some authorities, and lists of tens of thousands of revoked ones. */
  private static final long LONGEST = 16 << 20;

  private static final String BEGIN_LIST = BEGIN + "X509 CRL-----";

  public EnrolmentFile {
    servers = List.copyOf(servers);
  }

  /**
   * One that has machines believe whom a TLS directory believes.
   *
   * @throws TlsException when what is there cannot be used
   */
  public static EnrolmentFile of(EnrolmentToken token, List<String> servers, Path tls)
      throws IOException {
    Path revoked = tls.resolve(TlsDirectory.REVOKED);
    EnrolmentFile made =
        new EnrolmentFile(
            token,
            servers,
            Files.readString(tls.resolve(TlsDirectory.AUTHORITIES)),
            Files.exists(revoked) ? Files.readString(revoked) : "");
    var unused = made.lists();
    return made;
  }

  /**
   * Whom to believe.
   *
   * @throws TlsException when they cannot be read
   */
  public List<X509Certificate> certificates() {
    return PemFiles.certificates("the authorities of the " + this, authorities);
  }

  /**
   * What they have taken back.
   *
   * @throws TlsException when the lists cannot be read, or are of others
   */
  public List<X509CRL> lists() {
    return RevokedFile.lists(revocations, certificates());
  }

  /** Its text, a secret. */
  public String text() {
    return "%s: 1\ntoken: %s\nservers: %s\n%s%s"
        .formatted(
            FORMAT,
            token.text(),
            String.join(",", servers),
            authorities.endsWith("\n") ? authorities : authorities + "\n",
            revocations);
  }

  /** Writes it, readable to its owner only. */
  public void write(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path name = absolute.getFileName();
    Path parent = absolute.getParent();
    if (name == null || parent == null) {
      throw new TlsException("'" + file + "' is no file's name", "give a file");
    }
    new SecretDirectory(parent).write(name.toString(), text());
  }

  /**
   * Reads one.
   *
   * @throws TlsException which file, what is wrong, what to do
   */
  public static EnrolmentFile read(Path file) throws IOException {
    String text = text(file);
    int pem = text.indexOf(BEGIN);
    Map<String, String> values = new TreeMap<>();
    for (String line : text.substring(0, Math.max(0, pem)).lines().toList()) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        values.put(line.substring(0, colon), line.substring(colon + 2).strip());
      }
    }
    require(file, values.getOrDefault(FORMAT, "").equals("1"), "begin with '" + FORMAT + ": 1'");
    require(file, values.containsKey("token"), "have a line 'token: MACHINE.SECRET'");
    List<String> servers = List.of(values.getOrDefault("servers", "").split(",", -1));
    require(
        file,
        servers.stream().allMatch(each -> each.matches("[^\\s/:]+:[0-9]{1,5}")),
        "have a line 'servers: HOST:PORT,…'");
    require(file, pem >= 0, "have the certificates of its authorities");
    int list = text.indexOf(BEGIN_LIST, pem);
    int end = list < 0 ? text.length() : list;
    EnrolmentFile given =
        new EnrolmentFile(
            EnrolmentToken.parse(values.get("token")),
            servers,
            text.substring(pem, end),
            text.substring(end));
    try {
      var unused = given.lists(); // before the token is shown to anybody
    } catch (TlsException e) {
      throw given.withoutSecret(e);
    }
    return given;
  }

  private static String text(Path file) throws IOException {
    if (Files.size(file) > LONGEST) {
      throw new TlsException(
          "%s is no enrolment file: it has more than %d bytes".formatted(file, LONGEST), REMEDY);
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new TlsException(
          "%s is no enrolment file: it is no text in UTF-8".formatted(file), REMEDY, e);
    }
  }

  private static void require(Path file, boolean right, String what) {
    if (!right) {
      throw new TlsException("%s is no enrolment file: it must %s".formatted(file, what), REMEDY);
    }
  }

  /** What is quoted of a damaged file comes into logs. */
  private TlsException withoutSecret(TlsException said) {
    String text = String.valueOf(said.getMessage());
    return text.contains(token.text())
        ? new TlsException(text.replace(token.text(), "(the token)"), said.remedy())
        : said;
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "enrolment file with the " + token;
  }
}
