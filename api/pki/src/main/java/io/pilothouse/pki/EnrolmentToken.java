package io.pilothouse.pki;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.pilothouse.tls.TlsException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a machine shows once to get its certificate: {@code MACHINE.SECRET}, 256 random bits. It
 * begins with the machine's name so that one which came to the wrong machine is called by its name;
 * the hash is over both, so that none can be made another's.
 */
public final class EnrolmentToken {
  private static final int BYTES = 32;
  private static final Pattern FORM =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._@-]{0,62})\\.([A-Za-z0-9_-]{43})");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String machine;
  private final String text;

  private EnrolmentToken(String machine, String text) {
    this.machine = machine;
    this.text = text;
  }

  /** A new one. */
  public static EnrolmentToken draw(String machine) {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return parse(machine + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /**
   * Reads one.
   *
   * @throws TlsException when it has another form; what it was is not repeated
   */
  public static EnrolmentToken parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new TlsException(
          "this is no enrolment token: %s characters; expected MACHINE.SECRET, 43 characters after"
                  .formatted(text.length())
              + " the last dot",
          "copy it whole; a new one: pilot machine enrol NAME");
    }
    return new EnrolmentToken(form.group(1), text);
  }

  /** Whose it is. */
  public String machine() {
    return machine;
  }

  /** The secret itself: for the machine, and for nobody else. */
  public String text() {
    return text;
  }

  /** All that the Device Manager gets to know of it: lower-case hex. */
  public String sha256() {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  /** Without the secret: this may come into a log. */
  @Override
  public String toString() {
    return "token of " + machine;
  }
}
