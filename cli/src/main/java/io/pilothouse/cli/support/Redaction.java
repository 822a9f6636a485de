package io.pilothouse.cli.support;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.filesync.Sha256;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes secrets away. Of messages it knows the fields that are, or can hold, some: those go whole,
 * since what is in them has no form. In texts it knows how secrets are usually written.
 */
final class Redaction {
  private static final String GONE = "***";

  private static final String WORD =
      "(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
          + "|pilot-key|credential|authorization|cookie)";

  private static final String VALUE =
      "(?:(?:bearer|basic)\\s+\\S+|\"(?:\\\\.|[^\"\\\\]){0,4000}\"|'[^']{0,4000}'|[^\\s,;&]+)";

  /** Fields whose value is a secret, or is good for as much as one. */
  private static final Pattern SECRET_FIELD =
      Pattern.compile("(.*_)?(token|secret|password|key_sha256|token_sha256)|command");

  /** What looks like a secret, and what is put in its place. */
  private record Rule(Pattern found, String instead) {
    Rule(String found, String instead) {
      this(Pattern.compile(found), instead);
    }
  }

  private static final List<Rule> IN_TEXTS =
      List.of(
          // what changed of a power address: people's own form, with names and passwords in it
          new Rule("(\\bbmc: )[^;\\n]*", "$1" + GONE),
          new Rule(
              "(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?"
                  + "(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\\z)",
              "(a private key)"),
          new Rule("://[^/\\s@\"']{1,200}@", "://" + GONE + "@"),
          new Rule(
              "(?i)(" + WORD + "[\\w.-]{0,40}[\"']?\\s{0,3}[=:]\\s{0,3})" + VALUE, "$1" + GONE),
          new Rule("(?i)(--?[\\w-]{0,40}" + WORD + "[\\w-]{0,40}\\s{1,3})" + VALUE, "$1" + GONE));

  private Redaction() {}

  /** The text with {@code ***} in the place of what looks like a secret. */
  static String text(String text) {
    String left = text;
    for (Rule each : IN_TEXTS) {
      left = each.found().matcher(left).replaceAll(each.instead());
    }
    return left;
  }

  /** The message without secrets, at any depth. */
  @SuppressWarnings("unchecked")
  static <M extends Message> M message(M message) {
    Message.Builder clean = message.toBuilder();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (SECRET_FIELD.matcher(field.getName()).matches()) {
                clean.clearField(field);
              } else if (value instanceof List<?> items) {
                List<Object> left = new ArrayList<>();
                items.forEach(each -> left.add(value(field, each)));
                clean.setField(field, left);
              } else {
                clean.setField(field, value(field, value));
              }
            });
    if (clean instanceof WatchdogSpec.Builder watchdog) {
      script(watchdog);
    }
    return (M) clean.build();
  }

  private static Object value(FieldDescriptor field, Object value) {
    if (value instanceof Message inner) {
      return message(inner);
    }
    if (value instanceof String text) {
      return field.getName().equals("bmc") ? powerAddress(text) : text(text);
    }
    return value;
  }

  /** The driver only: the rest has people's own form, with names and passwords in it. */
  private static String powerAddress(String address) {
    int colon = address.indexOf(':');
    return colon < 0 || address.startsWith("local:")
        ? address
        : address.substring(0, colon + 1) + GONE;
  }

  /** People's own programs and their arguments. */
  private static void script(WatchdogSpec.Builder watchdog) {
    if (!watchdog.getScript().isEmpty()) {
      byte[] bytes = watchdog.getScript().toByteArray();
      watchdog.setScript(
          ByteString.copyFromUtf8(
              "#!/bin/sh\n# left out: %s bytes, SHA-256 %s\n"
                  .formatted(
                      bytes.length, HexFormat.of().formatHex(Sha256.digest().digest(bytes)))));
      int args = watchdog.getArgsCount();
      watchdog.clearArgs();
      for (int i = 1; i <= args; i++) {
        watchdog.addArgs(GONE + i);
      }
    }
  }
}
