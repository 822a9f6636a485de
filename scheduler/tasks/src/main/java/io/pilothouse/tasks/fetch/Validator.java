package io.pilothouse.tasks.fetch;

/**
 * What a source is asked by whether its content is still the same.
 *
 * @param tag ETag, or what stat(1) says of a file; empty for none
 * @param modified Last-Modified; empty for none
 */
record Validator(String tag, String modified) {
  static final Validator NONE = new Validator("", "");

  boolean isNone() {
    return tag.isEmpty() && modified.isEmpty();
  }

  /** What a rest of exactly the same bytes can be asked for by; empty for nothing. */
  String strong() {
    return tag.isEmpty() ? modified : tag.startsWith("W/") ? "" : tag;
  }
}
