package io.pilothouse.mesos;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonParser.NumberType;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.mesos.JsonTroubleException.Kind;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * From JSON to message. A value that does not fit is remembered and the document read on, since bad
 * syntax further down counts more.
 */
final class JsonReading {
  private final Parts parts;
  private @Nullable String trouble;

  JsonReading(Parts parts) {
    this.parts = parts;
  }

  /** What did not fit first. */
  void throwTrouble() throws JsonTroubleException {
    if (trouble != null) {
      throw new JsonTroubleException(Kind.MAPPING, trouble);
    }
  }

  private void trouble(String what) {
    if (trouble == null) {
      trouble = what;
    }
  }

  /** The parser stands on the first token, and afterwards on the last. */
  void document(JsonParser json, Message.Builder message) throws IOException {
    parts.one();
    if (json.currentToken() == JsonToken.START_OBJECT) {
      object(json, message);
    } else {
      json.skipChildren();
      trouble("Expecting a JSON object");
    }
  }

  private void object(JsonParser json, Message.Builder message) throws IOException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      @Nullable FieldDescriptor field =
          message.getDescriptorForType().findFieldByName(json.currentName());
      json.nextToken();
      if (field == null) {
        json.skipChildren();
      } else {
        message.clearField(field); // of a name that comes twice the last counts
        value(json, message, field);
      }
    }
  }

  private void value(JsonParser json, Message.Builder message, FieldDescriptor field)
      throws IOException {
    switch (json.currentToken()) {
      case START_OBJECT -> nested(json, message, field);
      case START_ARRAY -> array(json, message, field);
      case VALUE_STRING -> put(message, field, ofString(field, json.getText()));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> put(message, field, ofNumber(field, json));
      case VALUE_TRUE, VALUE_FALSE -> put(message, field, ofBoolean(field, json.getBooleanValue()));
      case VALUE_NULL -> {} // as if it were not there
      default -> throw new IllegalStateException("a value expected: " + json.currentToken());
    }
  }

  private void nested(JsonParser json, Message.Builder message, FieldDescriptor field)
      throws IOException {
    if (field.isMapField()) {
      entries(json, message, field);
    } else if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      trouble("Not expecting a JSON object for field '%s'".formatted(field.getName()));
      json.skipChildren();
    } else {
      parts.one();
      Message.Builder inner = message.newBuilderForField(field);
      object(json, inner);
      put(message, field, inner.buildPartial());
    }
  }

  private void entries(JsonParser json, Message.Builder message, FieldDescriptor field)
      throws IOException {
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    while (json.nextToken() != JsonToken.END_OBJECT) {
      parts.one();
      Message.Builder entry = message.newBuilderForField(field);
      put(entry, key, ofString(key, json.currentName()));
      json.nextToken();
      value(json, entry, value);
      message.addRepeatedField(field, entry.buildPartial());
    }
  }

  private void array(JsonParser json, Message.Builder message, FieldDescriptor field)
      throws IOException {
    if (!field.isRepeated()) {
      trouble("Not expecting a JSON array for field '%s'".formatted(field.getName()));
      json.skipChildren();
      return;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      value(json, message, field);
    }
  }

  private static void put(Message.Builder message, FieldDescriptor field, @Nullable Object value) {
    if (value == null) {
      return;
    }
    if (field.isRepeated()) {
      message.addRepeatedField(field, value);
    } else {
      message.setField(field, value);
    }
  }

  private @Nullable Object ofString(FieldDescriptor field, String text) throws IOException {
    return switch (field.getJavaType()) {
      case STRING -> {
        parts.one();
        yield text;
      }
      case BYTE_STRING -> {
        parts.one();
        yield base64(field, text);
      }
      case ENUM -> constant(field, text);
      case BOOLEAN -> {
        if (text.equals("true") || text.equals("false")) {
          yield Boolean.valueOf(text);
        }
        yield notParsed(field, text, "boolean");
      }
      case INT, LONG -> quotedInteger(field, text);
      case FLOAT, DOUBLE -> quotedDouble(field, text);
      case MESSAGE -> unexpected("string", field);
    };
  }

  private @Nullable Object base64(FieldDescriptor field, String text) {
    try {
      return ByteString.copyFrom(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      trouble(
          "Failed to base64 decode bytes field '%s': %s"
              .formatted(field.getName(), e.getMessage()));
      return null;
    }
  }

  /** A name that is not known is as if the field were not there, as on the binary wire. */
  private @Nullable Object constant(FieldDescriptor field, String name) {
    @Nullable EnumValueDescriptor found = field.getEnumType().findValueByName(name);
    if (found == null && field.isRequired()) {
      trouble("Failed to find enum for '%s'".formatted(name));
    }
    return found;
  }

  private @Nullable Object quotedInteger(FieldDescriptor field, String text) {
    try {
      String plain = text.strip();
      return plain.matches("-?[0-9]{1,20}")
          ? ofInteger(field, new BigInteger(plain))
          : ofDouble(field, Double.parseDouble(plain));
    } catch (NumberFormatException e) {
      return notParsed(field, text, "number");
    }
  }

  private @Nullable Object quotedDouble(FieldDescriptor field, String text) {
    if (text.equals("Infinity") || text.equals("-Infinity")) {
      double infinite = Double.parseDouble(text);
      return field.getJavaType() == FieldDescriptor.JavaType.FLOAT
          ? (Object) (float) infinite
          : (Object) infinite;
    }
    // Java's own syntax knows more: NaN, hexadecimal, a suffix
    if (!text.strip().matches("[-+0-9.eE]+")) {
      return notParsed(field, text, "number");
    }
    try {
      return ofDouble(field, Double.parseDouble(text.strip()));
    } catch (NumberFormatException e) {
      return notParsed(field, text, "number");
    }
  }

  private @Nullable Object notParsed(FieldDescriptor field, String text, String as) {
    trouble(
        "Failed to parse '%s' as a JSON %s for field '%s'".formatted(text, as, field.getName()));
    return null;
  }

  private @Nullable Object ofNumber(FieldDescriptor field, JsonParser json) throws IOException {
    boolean whole = json.currentToken() == JsonToken.VALUE_NUMBER_INT;
    return switch (field.getJavaType()) {
      case INT, LONG -> {
        if (!whole) {
          yield ofDouble(field, json.getDoubleValue());
        }
        yield ofInteger(
            field,
            json.getNumberType() == NumberType.BIG_INTEGER
                ? json.getBigIntegerValue()
                : BigInteger.valueOf(json.getLongValue()));
      }
      case FLOAT, DOUBLE -> ofDouble(field, json.getDoubleValue());
      case STRING, BYTE_STRING, BOOLEAN, ENUM, MESSAGE -> unexpected("number", field);
    };
  }

  /** Some clients' languages know one kind of number: 31000.0 is a port. */
  private @Nullable Object ofDouble(FieldDescriptor field, double value) {
    if (Double.isInfinite(value) || Double.isNaN(value)) {
      return outOfRange(field, "");
    }
    return switch (field.getJavaType()) {
      case FLOAT -> (float) value;
      case DOUBLE -> value;
      case INT, LONG -> {
        if (Math.abs(value) >= 0x1p64) {
          yield outOfRange(field, " " + value);
        }
        yield ofInteger(field, new BigDecimal(value).toBigInteger());
      }
      default -> throw new IllegalStateException("no number: " + field);
    };
  }

  private @Nullable Object ofInteger(FieldDescriptor field, BigInteger value) {
    boolean unsigned =
        switch (field.getType()) {
          case UINT32, UINT64, FIXED32, FIXED64 -> true;
          default -> false;
        };
    int bits = field.getJavaType() == FieldDescriptor.JavaType.INT ? 32 : 64;
    boolean fits =
        unsigned ? value.signum() >= 0 && value.bitLength() <= bits : value.bitLength() <= bits - 1;
    if (!fits) {
      return outOfRange(field, " " + value);
    }
    return bits == 32 ? (Object) value.intValue() : (Object) value.longValue();
  }

  private @Nullable Object outOfRange(FieldDescriptor field, String value) {
    trouble("The number%s does not fit in field '%s'".formatted(value, field.getName()));
    return null;
  }

  private @Nullable Object ofBoolean(FieldDescriptor field, boolean value) {
    return field.getJavaType() == FieldDescriptor.JavaType.BOOLEAN
        ? (Object) value
        : unexpected("boolean", field);
  }

  private @Nullable Object unexpected(String what, FieldDescriptor field) {
    trouble("Not expecting a JSON %s for field '%s'".formatted(what, field.getName()));
    return null;
  }
}
