@org.jspecify.annotations.NullMarked
package io.pilothouse.tasks.oci;
