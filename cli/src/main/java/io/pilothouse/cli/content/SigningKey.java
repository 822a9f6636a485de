package io.pilothouse.cli.content;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.manifests.signing.Signed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The private key of who signs versions: a PEM file (PKCS#8), as openssl makes and reads it. */
public final class SigningKey {
  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN PRIVATE KEY-----\\s+([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----\\s*");
  private static final int LONGEST = 10_000;
  private static final String KEYGEN = "make one: pilot manifest keygen FILE";
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  /**
   * A signature.
   *
   * @param key name of the fleet's key that verifies it
   */
  public record Signature(ByteString bytes, String key) {}

  private final Path file;
  private final PrivateKey key;

  private SigningKey(Path file, PrivateKey key) {
    this.file = file;
    this.key = key;
  }

  /** Makes a key pair; the private half goes into a new file that only its owner can read. */
  public static String generate(Path file) {
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      String pem =
          "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
              .formatted(
                  Base64.getMimeEncoder(64, new byte[] {'\n'})
                      .encodeToString(pair.getPrivate().getEncoded()));
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, pem, StandardOpenOption.WRITE);
      return PublicKeys.text(PublicKeys.raw(pair.getPublic()));
    } catch (FileAlreadyExistsException e) {
      throw new CliException(
          ExitCode.REFUSED,
          "EXISTS",
          file + " is there already; what it signs could not be made again",
          "name another file");
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED, "KEY", "cannot write " + file + ": " + e, "name a file in a directory");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }

  /** Reads a private key. */
  public static SigningKey read(Path file) {
    try {
      if (Collections.disjoint(OTHERS, Files.getPosixFilePermissions(file))) {
        return new SigningKey(file, parse(file));
      }
    } catch (IOException e) {
      throw new CliException(
          ExitCode.USAGE, "KEY", "cannot read the key file " + file + ": " + e, KEYGEN);
    }
    throw new CliException(
        ExitCode.USAGE,
        "KEY",
        "others than its owner can read or write the key file " + file,
        "chmod 600 " + file + ", and make a new key when others may have seen it");
  }

  private static PrivateKey parse(Path file) throws IOException {
    Matcher pem =
        PEM.matcher(
            Files.size(file) > LONGEST
                ? ""
                : new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    try {
      if (pem.matches()) {
        byte[] encoded = Base64.getMimeDecoder().decode(pem.group(1));
        return KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(encoded));
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // said below: it is no key of ours, whichever way
    }
    throw new CliException(
        ExitCode.USAGE,
        "KEY",
        file + " is not an Ed25519 private key in PEM (BEGIN PRIVATE KEY)",
        KEYGEN);
  }

  /** Signs a version; refused when the fleet knows the key by no name. */
  public Signature sign(VersionRef ref, List<ManifestKey> known) {
    byte[] signature;
    try {
      signature = Signed.sign(key, ref);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key that was read signs", e);
    }
    Optional<ManifestKey> name =
        known.stream()
            .filter(each -> Signed.isBy(each.getEd25519().toByteArray(), ref, signature))
            .findFirst();
    if (name.isEmpty()) {
      throw new CliException(
          ExitCode.REFUSED,
          "UNKNOWN_KEY",
          "the key in %s is none of the fleet's manifest-keys (%s)"
              .formatted(
                  file,
                  known.isEmpty()
                      ? "there are none"
                      : String.join(", ", known.stream().map(ManifestKey::getName).toList())),
          "name its public half in cluster.yaml and apply, or sign with another");
    }
    return new Signature(ByteString.copyFrom(signature), name.get().getName());
  }
}
