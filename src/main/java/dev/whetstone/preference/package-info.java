/** Pairs, votes and the preference log in PostgreSQL. */
@NullMarked
package dev.whetstone.preference;

import org.jspecify.annotations.NullMarked;
