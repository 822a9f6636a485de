package io.pilothouse.manifests.policy;

/** Patterns of names: {@code *} stands for any characters or none, {@code ?} for one. */
public final class Glob {
  private Glob() {}

  /** Whether the whole text matches; linear but for the stars, and without recursion. */
  public static boolean matches(String glob, String text) {
    int at = 0;
    int of = 0;
    int star = -1;
    int resume = 0;
    while (of < text.length()) {
      if (at < glob.length() && glob.charAt(at) == '*') {
        star = at++;
        resume = of;
      } else if (at < glob.length()
          && (glob.charAt(at) == '?' || glob.charAt(at) == text.charAt(of))) {
        at++;
        of++;
      } else if (star >= 0) {
        at = star + 1;
        of = ++resume;
      } else {
        return false;
      }
    }
    while (at < glob.length() && glob.charAt(at) == '*') {
      at++;
    }
    return at == glob.length();
  }
}
