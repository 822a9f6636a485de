package io.pilothouse.manifests.writing;

import com.google.protobuf.ProtocolMessageEnum;
import java.util.Locale;

/** Words of the files for values of enumerations. */
final class Words {
  private Words() {}

  /** {@code ROLLBACK} as {@code rollback}; the value 0 is nothing said. */
  static <E extends Enum<E> & ProtocolMessageEnum> String of(E value) {
    return value.getNumber() == 0 ? "" : value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
