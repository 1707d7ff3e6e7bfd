/** Offered pairs, choices, the preference log, its import and export. */
@NullMarked
package dev.whetstone.preference;

import org.jspecify.annotations.NullMarked;
