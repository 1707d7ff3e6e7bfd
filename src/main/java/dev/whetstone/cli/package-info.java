/**
 * The command line, {@code ./whetstone COMMAND}: a class for each command, registered in {@code
 * dev.whetstone.Whetstone}. {@code gateway} and {@code trainer} start the two processes; {@code
 * keys} uses the database; {@code policies} and {@code rollback} call a running gateway.
 */
@NullMarked
package dev.whetstone.cli;

import org.jspecify.annotations.NullMarked;
