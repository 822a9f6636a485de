package io.pilothouse.mesos;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Counts what a body is read into: messages, texts, and what is kept although nobody knows it. Each
 * takes some fifty to a hundred bytes of memory and only two or three of the body, so that the
 * length of a body does not bound it.
 */
public final class Parts {
  /** What is deeper no reader takes. */
  private static final int DEEPEST = 100;

  private final int most;
  private int seen;

  public Parts(int most) {
    this.most = most;
  }

  /** Of what comes from one's own. */
  static Parts any() {
    return new Parts(Integer.MAX_VALUE);
  }

  /** So many, so far. */
  public int seen() {
    return seen;
  }

  /** One more. */
  void one() throws TooManyException {
    if (seen == most) {
      throw new TooManyException(most);
    }
    seen++;
  }

  /** Counts those of a message in the binary form, and makes none of them. */
  void of(byte[] message, Descriptor type) throws IOException {
    one();
    fields(CodedInputStream.newInstance(message), type, 0);
  }

  /**
   * To the end of a message or group; what is malformed may be misread here, and is refused later.
   *
   * @param of null: of a group that nobody knows
   */
  private void fields(CodedInputStream in, @Nullable Descriptor of, int depth) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int form = WireFormat.getTagWireType(tag);
      if (form == WireFormat.WIRETYPE_END_GROUP || depth > DEEPEST) {
        return;
      }
      @Nullable FieldDescriptor field =
          of == null ? null : of.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (field == null || !isOf(field, form)) {
        one(); // it is kept
        if (form == WireFormat.WIRETYPE_START_GROUP) {
          fields(in, null, depth + 1);
        } else if (!in.skipField(tag)) {
          return;
        }
        continue;
      }
      switch (field.getJavaType()) {
        case MESSAGE -> {
          one();
          int outer = in.pushLimit(in.readRawVarint32());
          fields(in, field.getMessageType(), depth + 1);
          in.popLimit(outer);
        }
        case STRING, BYTE_STRING -> {
          one();
          var unused = in.skipField(tag);
        }
        case INT, LONG, FLOAT, DOUBLE, BOOLEAN, ENUM -> {
          var unused = in.skipField(tag);
        }
      }
    }
  }

  private static boolean isOf(FieldDescriptor field, int form) {
    return form == field.getLiteType().getWireType()
        || (field.isPackable() && form == WireFormat.WIRETYPE_LENGTH_DELIMITED);
  }

  /** More than may be. */
  static final class TooManyException extends IOException {
    private static final long serialVersionUID = 1;

    TooManyException(int most) {
      super("it has more than %d messages and texts: send less at a time".formatted(most));
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }
}
