package io.pilothouse.mesos;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.MessageOrBuilder;
import java.io.IOException;
import java.util.Base64;
import java.util.List;

/** From message to JSON. */
final class JsonWriting {
  private JsonWriting() {}

  static void message(JsonGenerator json, MessageOrBuilder message) throws IOException {
    json.writeStartObject();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.isRepeated()) {
        if (message.getRepeatedFieldCount(field) > 0) {
          json.writeFieldName(field.getName());
          if (field.isMapField()) {
            map(json, field, (List<?>) message.getField(field));
          } else {
            list(json, field, (List<?>) message.getField(field));
          }
        }
      } else if (message.hasField(field) || isToldUnset(field)) {
        json.writeFieldName(field.getName());
        value(json, field, message.getField(field));
      }
    }
    json.writeEndObject();
  }

  /** Clients find the default there, and need not know it; deprecated ones are spared them. */
  private static boolean isToldUnset(FieldDescriptor field) {
    return field.hasDefaultValue() && !field.getOptions().getDeprecated();
  }

  private static void list(JsonGenerator json, FieldDescriptor field, List<?> values)
      throws IOException {
    json.writeStartArray();
    for (Object each : values) {
      value(json, field, each);
    }
    json.writeEndArray();
  }

  private static void map(JsonGenerator json, FieldDescriptor field, List<?> entries)
      throws IOException {
    FieldDescriptor values = field.getMessageType().findFieldByNumber(2);
    json.writeStartObject();
    for (Object each : entries) {
      MapEntry<?, ?> entry = (MapEntry<?, ?>) each;
      json.writeFieldName(String.valueOf(entry.getKey()));
      value(json, values, entry.getValue());
    }
    json.writeEndObject();
  }

  private static void value(JsonGenerator json, FieldDescriptor field, Object value)
      throws IOException {
    switch (field.getType()) {
      case BOOL -> json.writeBoolean((Boolean) value);
      case INT32, SINT32, SFIXED32 -> json.writeNumber((Integer) value);
      case UINT32, FIXED32 -> json.writeNumber(Integer.toUnsignedLong((Integer) value));
      case INT64, SINT64, SFIXED64 -> json.writeNumber((Long) value);
      case UINT64, FIXED64 -> json.writeNumber(Long.toUnsignedString((Long) value));
      case FLOAT -> json.writeNumber((Float) value);
      case DOUBLE -> json.writeNumber((Double) value);
      case STRING -> json.writeString((String) value);
      case BYTES ->
          json.writeString(Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()));
      case ENUM -> json.writeString(((EnumValueDescriptor) value).getName());
      case MESSAGE, GROUP -> message(json, (MessageOrBuilder) value);
    }
  }
}
