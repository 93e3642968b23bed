#include <varve/backend/postgres.hpp>

int main() {}
