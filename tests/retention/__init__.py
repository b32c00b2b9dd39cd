"""Tests of the retention side: decisions, time, holds, disposal."""
