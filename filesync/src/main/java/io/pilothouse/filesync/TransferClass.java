package io.pilothouse.filesync;

import org.jspecify.annotations.Nullable;

/** What a transfer is for: an urgent one goes before bulk ones that wait, at both ends. */
public enum TransferClass {
  /** Brings back what serves: a roll-back, a repair of damaged files. */
  URGENT,
  /** Everything that can wait, as versions that are staged. */
  BULK;

  /** Names the class in a request; without it a transfer is bulk. */
  public static final String HEADER = "Pilot-Transfer";

  /** As the header has it. */
  public String text() {
    return this == URGENT ? "urgent" : "bulk";
  }

  /** Of a header, if there is one; what nobody knows is bulk. */
  public static TransferClass of(@Nullable String header) {
    return URGENT.text().equals(header) ? URGENT : BULK;
  }
}
