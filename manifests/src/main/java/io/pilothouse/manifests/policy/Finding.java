package io.pilothouse.manifests.policy;

/**
 * Something in a policy that can hardly be meant.
 *
 * @param rule number of the rule that it is about, from 1; 0 = the policy as a whole
 * @param message what is wrong, with the example that shows it
 */
public record Finding(int rule, String message) {}
