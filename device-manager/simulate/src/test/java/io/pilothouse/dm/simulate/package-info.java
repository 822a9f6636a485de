@org.jspecify.annotations.NullMarked
package io.pilothouse.dm.simulate;
