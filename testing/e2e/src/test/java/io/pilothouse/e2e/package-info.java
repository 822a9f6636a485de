/**
 * The packaged programs, driven exactly as a person drives them: through the launcher, its exit
 * codes and its JSON, curl and the files of the fleet. Nothing here knows a class of the product.
 *
 * <p>Start at {@link io.pilothouse.e2e.QuickStartTourTest}, the README's tour in order; bad input
 * and trouble are in the other tests. Each class has a fleet of its own under {@code target/e2e/},
 * from port 23000 up, and ends only when no process of it is left. {@code ./pilot test} runs them;
 * a plain {@code mvn test} leaves them out, because they need the built programs and minutes.
 */
@NullMarked
package io.pilothouse.e2e;

import org.jspecify.annotations.NullMarked;
